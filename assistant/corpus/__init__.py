"""The documents as a release: manifest, intake, versions, quality."""
