// Package request and the packages below it answer a signed request: they upload the bytes of the
// right master and send the callback. The package request itself contains the settings of the
// functions that do this.
//
// A request flows through the packages in this order: [signature] and [destination] verify
// the sender; [platform] parses the request; [webhook] answers with the request's outcome;
// [ledger] lets one run at a time work on it; [fulfillment] chooses a master and decides;
// [transfer] uploads the bytes; [waitpoint] sends the callback; [handoff] passes the request
// to the queue if it cannot end within the gateway's wait.
//
// These packages may import the packages below library and kit. They never import those below
// announcements or views.
package request
