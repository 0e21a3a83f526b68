"""Answers as words for people and fields for programs."""
