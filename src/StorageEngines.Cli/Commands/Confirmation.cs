using System.Text;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;

namespace StorageEngines.Cli.Commands;

/// <summary>Asks a person before something is lost.</summary>
internal static class Confirmation
{
    private const int LongestAnswer = 100;

    /// <summary>The option that answers beforehand.</summary>
    internal static Option<bool> Option() => new("--yes", "-y") { Description = "Do not ask" };

    /// <summary>Whether somebody is there to be asked. Never with --json, which is for programs.</summary>
    internal static bool CanAsk(CliSession session) => session.Environment.InputIsTerminal && session.Environment.ErrorIsTerminal && !session.Output.IsJson;

    /// <summary>Asks; goes on only after a yes.</summary>
    /// <exception cref="DeclinedException">The answer was another one.</exception>
    internal static async Task AskAsync(CliSession session, string question, CancellationToken cancellationToken)
    {
        session.Output.Flush();
        await session.Environment.Error.WriteAsync($"{question} [y/N] ");
        await session.Environment.Error.FlushAsync(cancellationToken);

        // A read of a terminal cannot be cancelled; the process ends without it.
        string answer = await Task.Run(() => ReadLine(session.Environment.OpenInput()), cancellationToken).WaitAsync(cancellationToken);
        if (answer.Trim().ToUpperInvariant() is not ("Y" or "YES"))
        {
            throw new DeclinedException();
        }
    }

    private static string ReadLine(Stream input)
    {
        var line = new List<byte>();
        for (int next = input.ReadByte(); next is not (-1 or '\n') && line.Count < LongestAnswer; next = input.ReadByte())
        {
            line.Add((byte)next);
        }

        return Encoding.UTF8.GetString([.. line]);
    }
}
