using System.CommandLine;

namespace StorageEngines.Cli.Syntax;

/// <summary>An argument: a value by its place.</summary>
internal sealed class Argument<T>(string name) : ValueSymbol(name)
{
    private System.CommandLine.Argument<T>? _full;
    private T? _value;

    /// <summary>The value that was read.</summary>
    internal T? Value => _value;

    /// <inheritdoc/>
    internal override bool TakesValue => true;

    /// <summary>Takes these words only.</summary>
    internal Argument<T> AcceptOnlyFromAmong(params string[] words)
    {
        Words = words;
        return this;
    }

    /// <inheritdoc/>
    internal override bool TryTake(string? text)
    {
        object? read = IsGiven || (Words is not null && !Words.Contains(text)) ? null : Values.Read<T>(null, text);
        IsGiven = true;
        _value = read is null ? default : (T)read;
        return read is not null;
    }

    /// <inheritdoc/>
    internal override void Take(ParseResult parse)
    {
        IsGiven = parse.GetResult(_full!) is { Implicit: false };
        _value = parse.GetValue(_full!);
    }

    /// <inheritdoc/>
    internal override System.CommandLine.Symbol Full()
    {
        _full = new System.CommandLine.Argument<T>(Name) { Description = Description };
        if (MayBeEmpty)
        {
            _full.Arity = ArgumentArity.ZeroOrOne;
        }

        if (Words is not null)
        {
            _full.AcceptOnlyFromAmong([.. Words]);
        }

        return _full;
    }
}
