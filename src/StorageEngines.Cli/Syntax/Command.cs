using System.Collections;

namespace StorageEngines.Cli.Syntax;

/// <summary>A command: what it understands, the commands below it, and what it does.</summary>
internal sealed class Command : Symbol, IEnumerable
{
    internal Command(string name, string description)
        : base(name)
        => Description = description;

    /// <summary>Everything of it, in the order of help.</summary>
    internal List<Symbol> Symbols { get; } = [];

    /// <summary>What it does; null if it only has commands below it.</summary>
    internal Func<CancellationToken, Task<int>>? Action { get; set; }

    internal void Add(Symbol symbol) => Symbols.Add(symbol);

    /// <summary>Adds a command that is made when it is wanted.</summary>
    internal void Add(string name, Func<Command> make) => Symbols.Add(new PendingCommand(name, make));

    /// <summary>The command below it of a name; null if there is none.</summary>
    internal Command? Find(string name)
    {
        for (int i = 0; i < Symbols.Count; i++)
        {
            if (Symbols[i].Name == name && Symbols[i] is (Command or PendingCommand))
            {
                return Made(i);
            }
        }

        return null;
    }

    /// <summary>Everything of it, made.</summary>
    internal IEnumerable<Symbol> All()
    {
        for (int i = 0; i < Symbols.Count; i++)
        {
            yield return Made(i) ?? Symbols[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => Symbols.GetEnumerator();

    private Command? Made(int i)
    {
        if (Symbols[i] is PendingCommand pending)
        {
            Symbols[i] = pending.Make();
        }

        return Symbols[i] as Command;
    }
}
