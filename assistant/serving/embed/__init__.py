"""What a portal embeds: the small chat page and the widget, as files for browsers."""
