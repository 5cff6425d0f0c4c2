"""How the tables of the fleet came to be what they are; run by `upgrade`, shipped with the package."""
