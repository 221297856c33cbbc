using System.Text.Json;

namespace StorageEngines.CephRbd.Hosts.Commands.Parsing;

/// <summary>A value of what rbd wrote. What it lacks, or what is of another kind than is asked for, is an error that says where.</summary>
/// <param name="element">The value.</param>
/// <param name="what">What it and its place are called in messages.</param>
internal readonly struct RbdValue(JsonElement element, string what)
{
    /// <summary>The entries of an array.</summary>
    internal IEnumerable<RbdValue> Entries
    {
        get
        {
            if (element.ValueKind != JsonValueKind.Array)
            {
                throw Damaged("it is no array");
            }

            string place = what;
            return element.EnumerateArray().Select((each, i) => new RbdValue(each, $"{place}, entry {i}"));
        }
    }

    /// <summary>Whether it has a member that is not null.</summary>
    internal bool Has(string name) => Member(name) is not null;

    /// <summary>A member.</summary>
    internal RbdValue Get(string name) => Member(name) is { } member ? new RbdValue(member, $"{what}, '{name}'") : throw Damaged($"it has no member '{name}'");

    /// <summary>A member that is text.</summary>
    internal string Text(string name) => Get(name).Text();

    /// <summary>A member that is text; what is given if it is not there.</summary>
    internal string Text(string name, string missing) => Has(name) ? Text(name) : missing;

    /// <summary>A member that is a number from 0 to a limit.</summary>
    internal long Number(string name, long most = long.MaxValue)
    {
        RbdValue member = Get(name);
        return member.TryNumber(out ulong number) && number <= (ulong)most ? (long)number : throw member.Damaged($"it is no number from 0 to {most}");
    }

    /// <summary>A member that is a number of 64 bits.</summary>
    internal ulong Unsigned(string name)
    {
        RbdValue member = Get(name);
        return member.TryNumber(out ulong number) ? number : throw member.Damaged("it is no number of 64 bits");
    }

    /// <summary>A member that is true or false, which rbd writes as texts; false if it is not there.</summary>
    internal bool Flag(string name)
    {
        if (Member(name) is not { } member)
        {
            return false;
        }

        return member.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when member.ValueEquals("true"u8) => true,
            JsonValueKind.String when member.ValueEquals("false"u8) => false,
            _ => throw Get(name).Damaged("it is neither true nor false"),
        };
    }

    /// <summary>The value as text.</summary>
    internal string Text()
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Damaged("it is no text");
        }
        catch (InvalidOperationException e)
        {
            throw Damaged("it holds half of a pair of surrogates", e);
        }
    }

    /// <summary>The error for a value that is not as it should be.</summary>
    internal CorruptDataException Damaged(string why, Exception? cause = null) => new(what, null, why, cause) { Engine = CephRbdEngineFactory.SchemeName };

    private bool TryNumber(out ulong number)
    {
        number = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetUInt64(out number);
    }

    private JsonElement? Member(string name)
        => element.ValueKind != JsonValueKind.Object ? throw Damaged("it is no object")
            : element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null ? member : null;
}
