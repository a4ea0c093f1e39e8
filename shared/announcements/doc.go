// Package announcements and the packages below it turn the files that other platforms made into
// masters. The package itself holds the settings of the two functions that do so.
//
// An announcement flows through the packages in this order. [intake] checks a sender's webhook and
// stores it before it answers. [senders] interprets it. [timeline] records the state of each
// subject and its files. [collect] fetches each file into the masters bucket, where the library
// indexes it.
//
// These packages may import the packages below shared/library and shared/kit, but never those below
// shared/request or shared/views.
package announcements
