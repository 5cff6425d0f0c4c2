"""The fleet's story: import, look, plan, repair, watch. Level-triggered: no step depends on what was in flight."""
