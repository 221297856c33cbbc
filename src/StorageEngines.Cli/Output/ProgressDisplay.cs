using System.Collections.Concurrent;
using Spectre.Console;

namespace StorageEngines.Cli.Output;

/// <summary>Progress bars on standard error, if that is a terminal; else nothing.</summary>
/// <param name="environment">The process around.</param>
/// <param name="quiet">Show nothing.</param>
/// <param name="color">Use colours.</param>
/// <param name="warn">Told the warnings that come among the reports, after the bar is gone.</param>
internal sealed class ProgressDisplay(CliEnvironment environment, bool quiet, bool color, Action<string> warn)
{
    private const string Warning = "warning:";
    private const int NarrowBelow = 72;
    private const int RoomForSpinner = 6;

    /// <summary>Runs an operation under a progress bar.</summary>
    /// <param name="title">What it does.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="things">What is counted.</param>
    internal async Task<T> RunAsync<T>(string title, Func<IProgress<OperationProgress>, Task<T>> operation, string things = "files")
    {
        var warnings = new ConcurrentQueue<string>();
        try
        {
            if (!quiet && environment.ErrorIsTerminal)
            {
                return await ShownAsync(title, things, warnings, operation);
            }

            // Nothing else is to be done on this thread, and a caller's wait that never begins costs nothing: the compiler would have to make
            // each method on the way up fit to be suspended, which takes longer than a short operation.
            Task<T> running = operation(new Sieve(null, warnings));
            ((IAsyncResult)running).AsyncWaitHandle.WaitOne();
            return await running;
        }
        finally
        {
            foreach (string warning in warnings)
            {
                warn(warning);
            }
        }
    }

    private async Task<T> ShownAsync<T>(string title, string things, ConcurrentQueue<string> warnings, Func<IProgress<OperationProgress>, Task<T>> operation)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(environment.Error, environment.TerminalWidth),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        var description = new TaskDescriptionColumn { Alignment = Justify.Left };
        ProgressColumn[] columns = environment.TerminalWidth < NarrowBelow
            ? [description, new SpinnerColumn()]
            : [description, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn()];
        int room = environment.TerminalWidth < NarrowBelow ? environment.TerminalWidth - RoomForSpinner : int.MaxValue;
        return await console.Progress().AutoClear(true).Columns(columns)
            .StartAsync(context => operation(new Sieve(new Bar(context.AddTask(Markup.Escape(title)), title, things, room), warnings)));
    }

    /// <summary>Runs an operation without a result under a progress bar.</summary>
    internal Task RunAsync(string title, Func<IProgress<OperationProgress>, Task> operation) => RunAsync(title, async progress =>
    {
        await operation(progress);
        return true;
    });

    private sealed class Sieve(Bar? bar, ConcurrentQueue<string> warnings) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value)
        {
            if (value.Phase.StartsWith(Warning, StringComparison.Ordinal))
            {
                warnings.Enqueue(value.Phase[Warning.Length..].Trim());
            }
            else
            {
                bar?.Report(value);
            }
        }
    }

    private sealed class Bar(ProgressTask task, string title, string things, int room) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value)
        {
            string amount = value.ItemsDone > 0 ? $"{Sizes.Count(value.ItemsDone)} {things}, {Sizes.Bytes(value.BytesDone)}" : Sizes.Bytes(value.BytesDone);
            string text = value.Phase == title ? $"{title}: {amount}" : $"{title}: {value.Phase}, {amount}";
            task.Description = Markup.Escape(text.Length > room ? text[..room] : text);
            task.IsIndeterminate = value is { BytesTotal: null, ItemsTotal: null };
            if (!task.IsIndeterminate)
            {
                task.MaxValue = Math.Max(1, value.BytesTotal ?? value.ItemsTotal ?? 1);
                task.Value = value.BytesTotal is null ? value.ItemsDone : value.BytesDone;
            }
        }
    }
}
