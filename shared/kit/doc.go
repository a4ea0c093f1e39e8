// Package kit and the packages below it are the base of the other folders of shared, the wings.
//
// A function starts with [variables], which reads its settings under the keys in [names].
// [awsclient] makes its AWS clients; [bootstrap] runs its handler; [functionurl] converts its
// events to requests and back; [secret] keeps its secrets fresh; [safehttp] sends requests to URLs
// from payloads and refuses internal addresses; [capability] keeps credential URLs out of every
// text; [emf] and [telemetry] write its metrics and log lines; [version] is the version that it was
// built from.
//
// A package of kit imports no wing and must be useful to more than one wing.
package kit
