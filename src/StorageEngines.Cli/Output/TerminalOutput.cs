using System.Text;
using Spectre.Console;

namespace StorageEngines.Cli.Output;

/// <summary>A terminal of known width behind a writer.</summary>
internal sealed class TerminalOutput(TextWriter writer, int width) : IAnsiConsoleOutput
{
    /// <inheritdoc/>
    public TextWriter Writer => writer;

    /// <inheritdoc/>
    public bool IsTerminal => true;

    /// <inheritdoc/>
    public int Width => width;

    /// <inheritdoc/>
    public int Height => 24;

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding)
    {
        // The writer's encoding is UTF-8 and stays so.
    }
}
