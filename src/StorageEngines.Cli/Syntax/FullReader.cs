using System.CommandLine;
using System.CommandLine.Help;

namespace StorageEngines.Cli.Syntax;

/// <summary>Reads command lines by System.CommandLine, and answers what it answers by itself: help, version and suggestions.</summary>
internal sealed class FullReader
{
    private readonly RootCommand _root;

    internal FullReader(Command root)
    {
        _root = new RootCommand(root.Description!);
        foreach (Symbol symbol in root.All())
        {
            Add(_root, symbol, [.. root.Symbols.OfType<ValueSymbol>()]);
        }

        // '/h' and '/?' are paths here, not questions.
        System.CommandLine.Option help = _root.Options.OfType<HelpOption>().Single();
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
    }

    /// <summary>Reads a command line. No response files: '@NAME' is a snapshot here.</summary>
    internal ParseResult Read(IReadOnlyList<string> words) => _root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });

    // A command's values are its own and those of the commands above it.
    private static void Add(System.CommandLine.Command parent, Symbol symbol, IReadOnlyList<ValueSymbol> above)
    {
        if (symbol is not Command command)
        {
            System.CommandLine.Symbol full = ((ValueSymbol)symbol).Full();
            if (full is System.CommandLine.Option option)
            {
                parent.Add(option);
            }
            else
            {
                parent.Add((Argument)full);
            }

            return;
        }

        var made = new System.CommandLine.Command(command.Name, command.Description);
        ValueSymbol[] values = [.. above, .. command.Symbols.OfType<ValueSymbol>()];
        foreach (Symbol part in command.All())
        {
            Add(made, part, values);
        }

        if (command.Action is { } action)
        {
            made.SetAction((parse, cancellationToken) =>
            {
                Array.ForEach(values, value => value.Take(parse));
                return action(cancellationToken);
            });
        }

        parent.Add(made);
    }
}
