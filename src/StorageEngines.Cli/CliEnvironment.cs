using System.Globalization;
using StorageEngines.Cli.Errors;
using StorageEngines.Hosting;

namespace StorageEngines.Cli;

/// <summary>What the tool touches of the process around it, so that tests can hand in something else.</summary>
internal sealed record CliEnvironment
{
    private const int UsualWidth = 120;
    private const int NarrowestWidth = 20;

    /// <summary>Standard output as bytes.</summary>
    internal Func<Stream> OpenOutput { get; init; } = StandardStreams.OpenOutput;

    /// <summary>Standard input as bytes.</summary>
    internal Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Standard error as text.</summary>
    /// <remarks>Made when something is said there: its encoding and streams take a while.</remarks>
    internal TextWriter Error
    {
        get => field ??= Console.Error;
        init;
    }

    /// <summary>Whether a person looks at standard output.</summary>
    internal bool OutputIsTerminal { get; init; } = !Console.IsOutputRedirected;

    /// <summary>Whether a person is at standard input.</summary>
    internal bool InputIsTerminal { get; init; } = !Console.IsInputRedirected;

    /// <summary>Whether a person looks at standard error.</summary>
    internal bool ErrorIsTerminal { get; init; } = !Console.IsErrorRedirected;

    /// <summary>The width of the terminal in columns.</summary>
    internal int TerminalWidth
    {
        get => field == 0 ? Width() : field;
        init;
    }

    /// <summary>Environment variables.</summary>
    internal Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes the engines' catalogue.</summary>
    internal Func<Action<StorageEnginesOptions>, IStorageEngineCatalog> Catalog { get; init; } = StandaloneCatalog.Create;

    /// <summary>The process around, as far as its standard streams are open.</summary>
    /// <param name="isOpen">For standard input, output and error: whether it is.</param>
    internal static CliEnvironment Of(bool[] isOpen)
    {
        var environment = isOpen[1] && isOpen[2]
            ? new CliEnvironment()
            : new CliEnvironment { OutputIsTerminal = false, ErrorIsTerminal = false, TerminalWidth = UsualWidth };
        environment = isOpen[2] ? environment : environment with { Error = TextWriter.Null };
        return environment with
        {
            OpenInput = isOpen[0] ? Console.OpenStandardInput : () => throw Closed("input", "hand the difference in with '< FILE' or a pipe"),
            OpenOutput = isOpen[1] ? StandardStreams.OpenOutput : () => throw Closed("output", "redirect it to /dev/null if nobody wants the result"),
            InputIsTerminal = isOpen[0] && environment.InputIsTerminal,
        };
    }

    private static int Width()
    {
        int width = int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int wish) && wish > 0
            ? wish
            : Console.IsOutputRedirected && Console.IsErrorRedirected ? UsualWidth : Console.WindowWidth;
        return width <= 0 ? UsualWidth : Math.Max(NarrowestWidth, width);
    }

    private static UsageException Closed(string stream, string hint) => new($"standard {stream} is closed", hint);
}
