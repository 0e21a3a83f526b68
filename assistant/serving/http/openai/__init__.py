"""The same assistant in the format of OpenAI's API, for clients that know no other."""
