using System.CommandLine;
using System.Globalization;

namespace StorageEngines.Cli.Syntax;

/// <summary>An option with values of one type: truth, text, several texts, or a whole number.</summary>
internal sealed class Option<T>(string name, params string[] aliases) : Option(name, aliases)
{
    private System.CommandLine.Option<T>? _full;
    private T? _value;
    private object? _read;

    /// <summary>The value if it is not given; null for the type's own.</summary>
    internal Func<object?, T>? DefaultValueFactory { get; init; }

    /// <summary>The value that was read, or the default.</summary>
    internal T? Value => IsGiven || DefaultValueFactory is null ? _value : DefaultValueFactory(null);

    /// <inheritdoc/>
    internal override bool TakesValue => typeof(T) != typeof(bool);

    /// <summary>Takes these words only.</summary>
    internal Option<T> AcceptOnlyFromAmong(params string[] words)
    {
        Words = words;
        return this;
    }

    /// <inheritdoc/>
    internal override bool TryTake(string? text)
    {
        bool again = IsGiven && typeof(T) != typeof(string[]);
        IsGiven = true;
        if (text is null && TakesValue)
        {
            return MayBeEmpty && !again;
        }

        _read = again || (Words is not null && !Words.Contains(text)) ? null : Values.Read<T>(_read, text);
        _value = _read is null ? default : (T)_read;
        return _read is not null;
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
        _full = new System.CommandLine.Option<T>(Name, Aliases) { Description = Description, HelpName = HelpName, Recursive = Recursive, Required = Required };
        if (MayBeEmpty)
        {
            _full.Arity = ArgumentArity.ZeroOrOne;
        }

        if (DefaultValueFactory is { } make)
        {
            _full.DefaultValueFactory = _ => make(null);
        }

        if (Words is not null)
        {
            _full.AcceptOnlyFromAmong([.. Words]);
        }

        if (NotNegative)
        {
            _full.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) && number < 0)
                {
                    result.AddError($"{Name} {number}: give 0 or more");
                }
            });
        }

        return _full;
    }
}
