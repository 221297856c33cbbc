using System.Globalization;
using System.Text;
using StorageEngines.ShellWords;

namespace StorageEngines.RemoteShells;

/// <summary>A piece of shell text that is put together: fixed text, and quoted words of any bytes but NUL.</summary>
internal sealed class Script
{
    private readonly List<byte> _bytes = [];

    /// <summary>The text so far.</summary>
    internal byte[] Bytes => [.. _bytes];

    /// <summary>Appends shell text as it is.</summary>
    internal Script Text(string text)
    {
        _bytes.AddRange(Encoding.ASCII.GetBytes(text));
        return this;
    }

    /// <summary>Appends a quoted word without a blank, as the value of a variable.</summary>
    internal Script Append(ReadOnlySpan<byte> word)
    {
        ShellQuote.Append(_bytes, word);
        return this;
    }

    /// <summary>Appends a blank and a quoted text.</summary>
    internal Script Word(string word) => Word(Encoding.UTF8.GetBytes(word));

    /// <summary>Appends quoted texts, each with a blank before it.</summary>
    internal Script Words(params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            Word(word);
        }

        return this;
    }

    /// <summary>Appends another script.</summary>
    internal Script Then(Script next)
    {
        _bytes.AddRange(next._bytes);
        return this;
    }

    /// <summary>Appends a blank and a quoted word.</summary>
    internal Script Word(ReadOnlySpan<byte> word)
    {
        _bytes.Add((byte)' ');
        ShellQuote.Append(_bytes, word);
        return this;
    }

    /// <summary>Appends a blank and a quoted path.</summary>
    internal Script Word(BytePath path) => Word(path.Span);

    /// <summary>Appends a blank and a quoted id.</summary>
    internal Script Word(Guid id) => Word(Encoding.ASCII.GetBytes(id.ToString("D")));

    /// <summary>Appends a blank and a number.</summary>
    internal Script Number(long number) => Text(string.Create(CultureInfo.InvariantCulture, $" {number}"));

    /// <summary>Ends the command.</summary>
    internal Script End() => Text("\n");
}
