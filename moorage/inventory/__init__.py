"""The servers that Moorage manages, and what each has to give: ports, subnets."""
