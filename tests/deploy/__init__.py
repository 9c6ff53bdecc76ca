"""What deploy/ ships: read, compared with the console's own needs, and run without a container."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
