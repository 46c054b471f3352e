"""No customer twice: the check before one is entered, the keys that no two may have, finding those that are alike."""
