"""All stationary points in a box, each with a proof: interval Newton's method with branch and prune."""
