namespace StorageEngines.Cli.Syntax;

/// <summary>An option or an argument, and after reading its value.</summary>
internal abstract class ValueSymbol(string name) : Symbol(name)
{
    /// <summary>Whether it is on the command line.</summary>
    internal bool IsGiven { get; private protected set; }

    /// <summary>Whether an option may stand without its value, or an argument may be left out. An option without values takes none.</summary>
    internal bool MayBeEmpty { get; init; }

    /// <summary>The only values that are taken; null for all.</summary>
    internal IReadOnlyList<string>? Words { get; private protected set; }

    /// <summary>Whether a value follows the option's name: of all but those that are on or off.</summary>
    internal abstract bool TakesValue { get; }

    /// <summary>Takes a value from the command line.</summary>
    /// <param name="text">The value; null if there is none.</param>
    /// <returns>False if this is not a plain case of a right value.</returns>
    internal abstract bool TryTake(string? text);

    /// <summary>Takes the value that System.CommandLine found.</summary>
    internal abstract void Take(System.CommandLine.ParseResult parse);

    /// <summary>The same for System.CommandLine.</summary>
    internal abstract System.CommandLine.Symbol Full();
}
