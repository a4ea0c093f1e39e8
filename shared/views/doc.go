// Package views and the packages below it render pages and tables for people.
//
// The data flows in one direction: a view reads the ledger, the index documents and the
// timelines, combines them, and writes a table, CSV, SVG or HTML. [coverage] shows which masters
// exist, which are missing, and which requests were skipped for that reason. [page] shows
// everything on one page.
// A view never writes to a store and never decides anything.
//
// The wing may import all other wings; no other wing may import it.
package views
