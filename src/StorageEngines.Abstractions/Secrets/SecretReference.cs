namespace StorageEngines;

/// <summary>Where a secret is to be found, never the secret itself: <c>env:NAME</c> or <c>file:/path</c>.</summary>
/// <remarks>Immutable; safe for use by several threads; may be logged.</remarks>
public sealed record SecretReference
{
    private SecretReference(SecretSource source, string location)
    {
        Source = source;
        Location = location;
    }

    /// <summary>The kind of place.</summary>
    public SecretSource Source { get; }

    /// <summary>The variable's name or the file's path.</summary>
    public string Location { get; }

    /// <summary>Parses <c>env:NAME</c> or <c>file:/path</c>.</summary>
    /// <param name="text">The reference.</param>
    /// <returns>The reference, parsed.</returns>
    /// <exception cref="FormatException">The text names no known kind of place. The text itself is not repeated: it may be a secret put there by mistake.</exception>
    public static SecretReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("env:", StringComparison.Ordinal) && text.Length > 4)
        {
            return new SecretReference(SecretSource.Environment, text[4..]);
        }

        if (text.StartsWith("file:", StringComparison.Ordinal) && text.Length > 5)
        {
            return new SecretReference(SecretSource.File, text[5..]);
        }

        throw new FormatException("A secret is given by reference, as env:NAME or file:/path; what was given is neither (and is not shown here).");
    }

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    /// <returns>The reference as text.</returns>
    public override string ToString() => (Source == SecretSource.Environment ? "env:" : "file:") + Location;
}
