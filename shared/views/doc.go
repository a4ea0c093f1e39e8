// Package views and the packages below it render what people look at.
//
// The data flows in one direction: a view reads the ledger, the index documents and the
// timelines, reckons what they mean together, and writes a table, CSV, SVG or HTML. [coverage]
// shows which masters exist, which are missing, and which requests were skipped for that.
// [page] shows everything on one page.
// A view never writes to a store and never decides anything.
//
// The wing may import all other wings; no other wing may import it.
package views
