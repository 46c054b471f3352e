"""What happens with customers: calls, mails, meetings, messages, notes, and the next date to turn to them."""
