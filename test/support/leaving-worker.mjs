/** A program for threads that ends them while it is loaded, without a word. */
process.exit(3);
