// Package kit and the packages below it are the base of all wings.
//
// A function starts with [variables], which reads its settings under the keys of [names];
// [awsclient] makes its clients; [functionurl] turns its events into requests and back;
// [secret] keeps what it verifies with fresh; [safehttp] sends what payloads ask it to send
// and refuses inside addresses; [capability] keeps the URLs that are credentials out of
// every text; [emf] and [telemetry] write its metrics and log lines; [version] names the
// version that it was built from.
//
// A package of kit knows no wing and must be of use to more than one of them.
package kit
