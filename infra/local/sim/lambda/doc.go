// Package lambda runs Lambda functions locally: real bootstrap binaries under the Lambda Runtime
// API, behind a function URL, an SQS event source mapping or a schedule.
//
// Invariants:
//   - An execution environment is one process with its own Runtime API listener on 127.0.0.1. It
//     runs one invocation at a time.
//   - An environment whose process has ended is never used again, and no process outlives this one
//     (see package child).
//   - Each call of Invoke gets exactly one answer. An invocation continues even if the client that
//     caused it has disconnected.
//   - A function gets only the environment variables that Lambda and the caller set. It gets none
//     of those of this process. AWS_LAMBDA_INITIALIZATION_TYPE, by which code recognises the real
//     Lambda, is never set.
//
// Differences from Lambda: there is no IAM, no gradual increase of concurrency and no extension.
// Cold starts are much faster. A failed initialisation is reported without a second attempt. The
// answer of an invocation is sent when the runtime asks for the next invocation, microseconds
// after the function has answered.
//
// Close the URL before the function, so that running requests can still reach the function:
//
//	f, err := lambda.New(lambda.Config{Name: "echo", Bootstrap: "dist/echo/bootstrap"})
//	if err != nil {
//		return err
//	}
//	url, err := lambda.OpenURL(lambda.URLConfig{Name: "echo", Function: f})
//	if err != nil {
//		return err
//	}
//	fmt.Println(url.Address())
//	<-ctx.Done()
//	return errors.Join(url.Close(grace), f.Close(grace))
package lambda
