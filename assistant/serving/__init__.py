"""Thin doors: parse, call the assistant, render."""
