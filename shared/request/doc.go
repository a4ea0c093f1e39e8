// Package request and the packages below it turn a signed request into the right bytes
// and a completed callback. The package itself holds the settings of the functions that do so.
//
// A request flows through the packages in this order: [signature] and [destination] verify
// the sender; [platform] parses the request; [webhook] turns its outcome into an answer;
// [ledger] lets one run at a time work on it; [fulfillment] chooses a master and decides;
// [transfer] uploads the bytes; [waitpoint] sends the callback; [handoff] passes the request
// to the queue if it cannot end within the gateway's wait.
//
// The wing may import library and kit. It never imports announcements or views.
package request
