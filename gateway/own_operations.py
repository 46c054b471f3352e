"""What the OpenAPI document says of the gateway's own operations, and of what it adds to all others."""

from typing import Any

from gateway.files import UPLOAD_LIMIT

EXTENSION = "x-rockpool"
GATEWAY = "gateway"
OWN_TAG = {
    "name": GATEWAY,
    "description": "What belongs to no single service: files, live changes, this document.",
}

SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token that logging in answers, good for five minutes; or an API key (`rp_…`).",
    }
}

HEADERS = {
    "RateLimit": {
        "description": "What is left of the caller's quota: `r` requests; whole again in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"caller";r=5999;t=1',
    },
    "RateLimit-Policy": {
        "description": "The caller's quota: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"caller";q=6000;w=60',
    },
    "Retry-After": {
        "description": "Seconds after which the same request may succeed.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "How to log in: `Bearer`.", "schema": {"type": "string"}},
}


def _problem(description: str, slug: str, title: str, status: int) -> dict[str, Any]:
    example = {
        "type": f"urn:rockpool:problem:{slug}",
        "title": title,
        "status": status,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": description, "content": {"application/problem+json": content}}


REFUSALS = {
    "400": _problem("The request cannot be read.", "malformed", "The request cannot be read", 400),
    "401": _problem("Nobody is logged in.", "unauthenticated", "Log in first", 401),
    "403": _problem("The caller may not do this at all.", "forbidden", "You may not do this", 403),
    "413": _problem("The body is too large.", "content-too-large", "The body is too large", 413),
    "415": _problem(
        "The body is of a kind that is not taken.",
        "unsupported-media-type",
        "The body is of a kind that is not taken here",
        415,
    ),
    "414": _problem("The address is too long.", "uri-too-long", "URI Too Long", 414),
    "422": _problem("The input is not valid.", "invalid", "The input is not valid", 422),
    "429": _problem("The caller's quota is used up.", "too-many-requests", "Too many requests", 429),
    "431": _problem(
        "A header is too large.",
        "request-header-fields-too-large",
        "Request Header Fields Too Large",
        431,
    ),
    "500": _problem("An error of ours.", "internal-error", "Something went wrong on our side", 500),
    "503": _problem("A service is not available.", "unavailable", "A part of the suite is not available", 503),
    "504": _problem("No answer came in time.", "deadline-exceeded", "There was no answer in time", 504),
}

OWN_SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "What went wrong, in the terms of RFC 9457.",
        "required": ["type", "title", "status", "trace_id"],
        "properties": {
            "type": {"type": "string", "format": "uri", "example": "urn:rockpool:problem:not-found"},
            "title": {"type": "string", "example": "There is no such record"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599, "example": 404},
            "detail": {"type": "string", "description": "What happened this time."},
            "errors": {
                "type": "array",
                "description": "What is wrong with the input, by place.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON pointer (RFC 6901).", "example": "/name"},
                        "detail": {"type": "string", "example": "Missing data for required field."},
                    },
                },
            },
            "trace_id": {
                "type": "string",
                "pattern": "^[0-9a-f]{32}$",
                "description": "Finds this request in logs and traces.",
                "example": "4bf92f3577b34da6a3ce929d0e0e4736",
            },
        },
    },
    "StoredFile": {
        "type": "object",
        "description": "A file that was stored; operations take its key.",
        "required": ["file", "name", "size", "sha256"],
        "properties": {
            "file": {
                "type": "string",
                "example": "uploads/0190a000-0000-7000-8000-000000000001/0190a000-0000-7000-8000-000000000002",
            },
            "name": {"type": "string", "example": "rows.csv"},
            "size": {"type": "integer", "minimum": 1, "maximum": UPLOAD_LIMIT, "example": 20480},
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "example": "0" * 64},
        },
    },
    "LiveEvent": {
        "type": "object",
        "description": "One event of the stream.",
        "required": ["event", "data"],
        "properties": {
            "id": {"type": "string", "description": "For `Last-Event-ID`."},
            "event": {"type": "string", "enum": ["change", "reset", "expired"]},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "description": "A LiveChange for a `change`, else an empty object.",
            },
        },
    },
    "LiveChange": {
        "type": "object",
        "description": "The data of a `change` event.",
        "required": ["type", "service", "resource", "id", "version", "occurred_at"],
        "properties": {
            "type": {"type": "string", "description": "What happened."},
            "service": {"type": "string"},
            "resource": {"type": "string", "description": "The kind of record."},
            "id": {"type": "string", "format": "uuid"},
            "version": {"type": "integer"},
            "occurred_at": {"type": "string", "format": "date-time"},
            "changed": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The names of the fields that are different; not there if nobody has said so.",
                "example": ["city", "grade"],
            },
            "values": {"type": "object", "description": "What some of them are now.", "example": {"grade": "A"}},
        },
    },
}

_LIVE = """Server-sent events, for `EventSource` and the like:

* `change`: a record that you may see has changed; its data is a LiveChange. Where the owner of the record tells it,
  `changed` names the fields that are different, as far as you may see them, and `values` has what they are now, of
  those that hold no personal data and as your roles let you see them.
* `reset`: changes may have been missed; read again what you show.
* `expired`: your access token is no longer good; connect again with a new one.

Connect again with `Last-Event-ID` and you go on where you were cut off, for about an hour."""

OWN_PATHS: dict[str, Any] = {
    "/files": {
        "post": {
            "operationId": "gateway.upload_file",
            "tags": [GATEWAY],
            "summary": "Upload a file",
            "description": "Stores a file of at most 100 MiB and answers its key, which other operations take.",
            "parameters": [
                {
                    "in": "query",
                    "name": "name",
                    "schema": {"type": "string"},
                    "description": "The name of the file, if it is not part of a form; cut to 200 characters.",
                }
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                    "text/csv": {"schema": {"type": "string", "format": "binary"}},
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "required": ["file"],
                            "properties": {"file": {"type": "string", "format": "binary"}},
                        }
                    },
                },
            },
            "responses": {
                "201": {
                    "description": "Stored.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/StoredFile"}}},
                },
                "422": _problem(
                    "`empty-file`: The file is empty. `invalid`: The input is not valid.",
                    *("empty-file", "The file is empty", 422),
                ),
            },
            EXTENSION: {"service": GATEWAY, "method": "upload_file", "needs": "authenticated"},
        }
    },
    "/live": {
        "get": {
            "operationId": "gateway.live",
            "tags": [GATEWAY],
            "summary": "Hear of changes as they happen",
            "description": _LIVE,
            "parameters": [
                {
                    "in": "header",
                    "name": "Last-Event-ID",
                    "schema": {"type": "string"},
                    "description": "The id of the last event that you got.",
                },
                {
                    "in": "query",
                    "name": "last_event_id",
                    "schema": {"type": "string"},
                    "description": "The same, for clients that cannot set headers.",
                },
            ],
            "responses": {
                "200": {
                    "description": "The stream.",
                    "content": {
                        "text/event-stream": {
                            "schema": {"$ref": "#/components/schemas/LiveEvent"},
                            "example": "id: 0190a000-0000-7000-8000-000000000001\nevent: change\ndata: {…}\n\n",
                        }
                    },
                }
            },
            EXTENSION: {"service": GATEWAY, "method": "live", "needs": "authenticated"},
        }
    },
    "/openapi.json": {
        "get": {
            "operationId": "gateway.openapi",
            "tags": [GATEWAY],
            "summary": "This document",
            "responses": {
                "200": {
                    "description": "The OpenAPI 3.1 document of all operations.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                }
            },
            EXTENSION: {"service": GATEWAY, "method": "openapi", "needs": "public"},
        }
    },
}
