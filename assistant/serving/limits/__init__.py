"""What one caller, or all together, may take of this process: connections, requests, places, time."""
