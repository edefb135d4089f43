"""Writes HTML's named character references (WHATWG, as Python carries them) for the service's text cleaning.

python html_entities.py ../../gpu-backend/src/models/clip/html-entities.json
"""

import html.entities
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(html.entities.html5, indent=2, sort_keys=True) + "\n")
