namespace StorageEngines.Hosting;

/// <summary>The rule for engines' names.</summary>
internal static class SchemeName
{
    private const int MaxLength = 64;

    public const string Rule = "1 to 64 lower-case letters, digits and '-', beginning with a letter";

    public static bool IsValid(string name)
    {
        bool valid = name.Length is > 0 and <= MaxLength && char.IsAsciiLetterLower(name[0]);
        foreach (char c in name)
        {
            valid &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-';
        }

        return valid;
    }
}
