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

// One command at a time, and nobody else to be served: what engines would hand to other threads is done on this one.
var command = new Task<Task<int>>(() => new CliApplication(CliEnvironment.Of(isOpen)).RunAsync(CommandLineBytes.Restore(args), interrupt.Token));
command.RunSynchronously(new PresentScheduler());
int exitCode = command.GetAwaiter().GetResult().GetAwaiter().GetResult();
return exitCode == ExitCode.Interrupted && signalCode != 0 ? signalCode : exitCode;
