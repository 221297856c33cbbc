namespace StorageEngines;

/// <summary>The rule for snapshot names: the common ground of all engines.</summary>
public static class SnapshotName
{
    /// <summary>The most characters in a name: 200.</summary>
    public const int MaxLength = 200;

    /// <summary>Says whether a name follows the rule: 1 to 200 ASCII letters, digits, <c>.</c>, <c>_</c>, <c>:</c> and <c>-</c>, not beginning with <c>.</c> or <c>-</c>.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxLength || name[0] is '.' or '-')
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or ':' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Throws unless a name follows the rule.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The name.</returns>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static string Require(string name) => IsValid(name)
        ? name
        : throw new ArgumentException(
            $"'{name}' is not a snapshot name: use 1 to {MaxLength} letters, digits, '.', '_', ':' and '-', not beginning with '.' or '-'.", nameof(name));
}
