"""What is made of a measurement: broken laws, the verdict."""
