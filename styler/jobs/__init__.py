"""What is to be done, to which pictures, and how it is carried out."""
