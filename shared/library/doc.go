// Package library and the packages below it know which masters exist and what they are.
// The package itself holds the settings of libraries and of the function that indexes them.
//
// An object flows through the packages in this order: an event names its key; [indexing]
// looks at the object as it is now; [masters] places the key at a creative; [media] reads
// the picture's size from a few ranges; [masters] keeps one document per [creative], from
// which a request chooses; [reindex] does the same for a whole library, in batches.
//
// The wing may import only kit. It never imports request, announcements or views.
package library
