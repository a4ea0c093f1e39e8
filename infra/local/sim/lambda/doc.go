// Package lambda runs Lambda functions on one machine: real bootstrap binaries
// under the Lambda Runtime API, behind a function URL, an SQS event source
// mapping or a schedule.
//
// Invariants:
//   - An execution environment is one process with one Runtime API listener of
//     its own on 127.0.0.1, and runs one invocation at a time.
//   - An environment whose process has exited or been killed is never used again,
//     and no process outlives this one (see package child).
//   - Whoever calls Invoke gets exactly one answer; an invocation never depends on
//     the client that caused it still being there.
//   - The functions see the environment variables that Lambda and the caller set
//     and nothing of this process's own; AWS_LAMBDA_INITIALIZATION_TYPE, by which
//     code knows the real Lambda, is never among them.
//
// What differs from Lambda: no IAM, no ramp of concurrency, cold starts that are
// far too fast, a failed initialisation is not tried a second time before its
// caller learns of it, no extensions, and the answer of an invocation goes out
// when the runtime asks for the next one, microseconds after it was given.
//
// Close from the outside in, so that each part still reaches the one it needs:
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
