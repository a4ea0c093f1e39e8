// Package request and the packages below it turn a signed request into the right bytes
// and a completed callback. The package itself holds the settings of the functions that do so.
//
// A request flows through the packages in this order: [signature] and [destination] say
// who sent it; [platform] parses it; [webhook] classifies it and turns its outcome into an
// answer; [ledger] grants one run at a time the right to work on it; [fulfillment] chooses
// and decides; [transfer] moves the bytes; [waitpoint] completes the callback; [handoff]
// passes a request on to the queue when it cannot end within the gateway's wait.
//
// The wing may import library and kit. It never imports announcements or views.
package request
