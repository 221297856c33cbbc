namespace StorageEngines.ShellWords;

/// <summary>
/// The one place where words are quoted for a shell. A word is put between single quotes, within which nothing is special to a POSIX shell; a single
/// quote itself is written <c>'\''</c>: end the quotes, an escaped quote, begin them again.
/// </summary>
/// <remarks>
/// | word | quoted |
/// |---|---|
/// | (empty) | '' |
/// | a b | 'a b' |
/// | it's | 'it'\''s' |
/// | $(rm x) | '$(rm x)' |
/// Bytes that are not UTF-8 pass through as they are. NUL cannot occur: <see cref="CommandArgument"/> refuses it.
/// Implements: POSIX.1-2017, Shell Command Language, 2.2.2 Single-Quotes.
/// </remarks>
internal static class ShellQuote
{
    /// <summary>Appends one quoted word.</summary>
    /// <param name="script">The script so far.</param>
    /// <param name="word">The word.</param>
    public static void Append(List<byte> script, ReadOnlySpan<byte> word)
    {
        script.Add((byte)'\'');
        foreach (byte b in word)
        {
            if (b == '\'')
            {
                script.AddRange("'\\''"u8);
            }
            else
            {
                script.Add(b);
            }
        }

        script.Add((byte)'\'');
    }
}
