using Spectre.Console;

namespace StorageEngines.Cli.Output;

/// <summary>Progress bars on standard error, if that is a terminal; else nothing.</summary>
internal sealed class ProgressDisplay(CliEnvironment environment, bool quiet, bool color)
{
    /// <summary>Runs an operation under a progress bar.</summary>
    /// <param name="title">What it does.</param>
    /// <param name="operation">The operation; it is handed null where nobody looks.</param>
    internal async Task<T> RunAsync<T>(string title, Func<IProgress<OperationProgress>?, Task<T>> operation)
    {
        if (quiet || !environment.ErrorIsTerminal)
        {
            return await operation(null);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(environment.Error, environment.TerminalWidth),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        return await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(context => operation(new Bar(context.AddTask(Markup.Escape(title)), title)));
    }

    /// <summary>Runs an operation without a result under a progress bar.</summary>
    internal Task RunAsync(string title, Func<IProgress<OperationProgress>?, Task> operation) => RunAsync(title, async progress =>
    {
        await operation(progress);
        return true;
    });

    private sealed class Bar(ProgressTask task, string title) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value)
        {
            string amount = value.ItemsDone > 0 ? $"{Sizes.Count(value.ItemsDone)} files, {Sizes.Bytes(value.BytesDone)}" : Sizes.Bytes(value.BytesDone);
            task.Description = Markup.Escape($"{title}: {value.Phase}, {amount}");
            task.IsIndeterminate = value is { BytesTotal: null, ItemsTotal: null };
            if (!task.IsIndeterminate)
            {
                task.MaxValue = Math.Max(1, value.BytesTotal ?? value.ItemsTotal ?? 1);
                task.Value = value.BytesTotal is null ? value.ItemsDone : value.BytesDone;
            }
        }
    }
}
