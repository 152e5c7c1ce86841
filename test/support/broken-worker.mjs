/** A program for threads that cannot even be loaded. */
throw new Error('this program is broken');
