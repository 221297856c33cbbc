using System.Runtime.InteropServices;
using StorageEngines.Cli;
using StorageEngines.Cli.Errors;

bool[] isOpen = StandardStreams.Check();
using var interrupt = new CancellationTokenSource();
int signalCode = 0;

// The first signal cancels and lets everything clean up after itself; the second one ends the process at once.
void Cancel(PosixSignalContext context)
{
    if (signalCode != 0)
    {
        return;
    }

    context.Cancel = true;
    signalCode = context.Signal == PosixSignal.SIGINT ? ExitCode.Interrupted : ExitCode.Terminated;
    interrupt.Cancel();
}

using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
int exitCode = await new CliApplication(CliEnvironment.Of(isOpen)).RunAsync(CommandLineBytes.Restore(args), interrupt.Token);
return exitCode == ExitCode.Interrupted && signalCode != 0 ? signalCode : exitCode;
