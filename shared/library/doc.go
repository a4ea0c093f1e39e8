// Package library and the packages below it record which masters exist and what they contain.
// The package itself holds the settings of libraries and of the function that indexes them.
//
// An object passes through the packages in this order. An event names the object's key.
// [indexing] reads the object as it is now. [masters] assigns the key to a creative. [media] reads
// the picture's size from a few ranges of the object's bytes. [masters] stores one document per
// [creative], from which a request chooses a master. [reindex] does all this for a whole library,
// in batches.
//
// Of the other folders of shared, these packages may import only kit. They must never import
// request, announcements or views.
package library
