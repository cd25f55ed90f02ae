"""From raw pages to documents whose every character leads back to the page."""
