namespace StorageEngines.Cli.Syntax;

/// <summary>
/// Reads command lines that are plain: words, and options with their values behind them. Everything else (help, errors, abbreviations, <c>--name=value</c>) is
/// left to System.CommandLine, whose start takes as long as a whole small command. What this one reads, that one reads alike; a test compares them.
/// </summary>
internal static class PlainReader
{
    /// <summary>Reads a command line; the values go into the symbols.</summary>
    /// <param name="root">The whole of the commands. It is read once: after a failure it holds some of the values.</param>
    /// <param name="words">The command line, without the program's name.</param>
    /// <returns>The command; null if the line is not plain.</returns>
    internal static Command? Read(Command root, IReadOnlyList<string> words)
    {
        var path = new List<Command> { root };
        var arguments = 0;
        for (int i = 0; i < words.Count; i++)
        {
            Command command = path[^1];
            string word = words[i];
            if (word.Length > 1 && word[0] == '-')
            {
                if (FindOption(path, word) is not { } option || !TakeOption(option, command, words, ref i))
                {
                    return null;
                }
            }
            else if (arguments == 0 && command.Find(word) is { } below)
            {
                path.Add(below);
            }
            else if (word.Length == 0 || word[0] == '[' || Argument(command, arguments++) is not { } argument || !argument.TryTake(word))
            {
                return null;
            }
        }

        return path[^1].Action is not null && IsComplete(path) ? path[^1] : null;
    }

    private static bool TakeOption(Option option, Command command, IReadOnlyList<string> words, ref int i)
    {
        string? next = i + 1 < words.Count ? words[i + 1] : null;
        if (!option.TakesValue)
        {
            // An option that is on or off takes a truth value if one follows.
            return !bool.TryParse(next, out _) && option.TryTake(null);
        }

        if (next is null || (next.Length > 1 && next[0] == '-'))
        {
            return option.TryTake(null);
        }

        i++;
        return next.Length > 0 && command.Find(next) is null && option.TryTake(next);
    }

    private static Option? FindOption(List<Command> path, string word)
    {
        for (int i = path.Count - 1; i >= 0; i--)
        {
            foreach (Symbol symbol in path[i].Symbols)
            {
                if (symbol is Option option && option.IsCalled(word) && (option.Recursive || i == path.Count - 1))
                {
                    return option;
                }
            }
        }

        return null;
    }

    private static ValueSymbol? Argument(Command command, int place)
    {
        foreach (Symbol symbol in command.Symbols)
        {
            if (symbol is ValueSymbol and not Option && place-- == 0)
            {
                return (ValueSymbol)symbol;
            }
        }

        return null;
    }

    private static bool IsComplete(List<Command> path)
    {
        foreach (Command command in path)
        {
            foreach (Symbol symbol in command.Symbols)
            {
                if (symbol is ValueSymbol { IsGiven: false } missing && (missing is Option ? ((Option)missing).Required : !missing.MayBeEmpty))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
