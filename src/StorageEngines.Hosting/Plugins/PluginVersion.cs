using System.Globalization;

namespace StorageEngines.Hosting;

/// <summary>
/// A plug-in's version, ordered as semantic versioning orders it: <c>1.2.3-rc.1</c> comes before <c>1.2.3</c>. What follows a <c>+</c> does
/// not count.
/// </summary>
/// <remarks>Immutable; ordered; safe for use by several threads.</remarks>
public sealed record PluginVersion : IComparable<PluginVersion>
{
    private const int MaxLength = 64;

    private readonly string _text;
    private readonly Version _numbers;
    private readonly string[] _labels;

    private PluginVersion(string text, Version numbers, string[] labels)
    {
        _text = text;
        _numbers = numbers;
        _labels = labels;
    }

    /// <summary>Reads a version: two to four numbers, and labels after a <c>-</c>.</summary>
    /// <param name="text">The text, at most 64 characters.</param>
    /// <param name="version">The version, or null.</param>
    /// <returns>False if it is none.</returns>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PluginVersion? version)
    {
        version = null;
        int plus = (text ?? "").IndexOf('+');
        string core = plus < 0 ? text ?? "" : text![..plus];
        int dash = core.IndexOf('-');
        string numbers = dash < 0 ? core : core[..dash];
        string[] labels = dash < 0 ? [] : core[(dash + 1)..].Split('.');
        bool valid = text is { Length: <= MaxLength }
            && Array.TrueForAll(labels, label => label.Length > 0 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        foreach (char c in numbers)
        {
            valid &= char.IsAsciiDigit(c) || c == '.';
        }

        if (valid && Version.TryParse(numbers, out Version? parsed))
        {
            version = new PluginVersion(core, new Version(parsed.Major, parsed.Minor, Math.Max(parsed.Build, 0), Math.Max(parsed.Revision, 0)), labels);
        }

        return version is not null;
    }

    /// <summary>Orders versions.</summary>
    /// <param name="other">Another version; null comes before all.</param>
    /// <returns>Less than, equal to or greater than zero.</returns>
    public int CompareTo(PluginVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        int numbers = _numbers.CompareTo(other._numbers);
        if (numbers != 0 || (_labels.Length == 0) != (other._labels.Length == 0))
        {
            return numbers != 0 ? numbers : _labels.Length == 0 ? 1 : -1;
        }

        int labels = _labels.Zip(other._labels, CompareLabels).FirstOrDefault(c => c != 0);
        return labels != 0 ? labels : _labels.Length.CompareTo(other._labels.Length);
    }

    /// <summary>Equal if they have the same place in the order: 1.0 equals 1.0.0.</summary>
    /// <param name="other">Another version.</param>
    /// <returns>Whether they are equal.</returns>
    public bool Equals(PluginVersion? other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_numbers, _labels.Length);

    /// <summary>The version as it was given, without what followed a <c>+</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => _text;

    private static int CompareLabels(string left, string right)
    {
        bool leftIsNumber = ulong.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out ulong leftNumber);
        bool rightIsNumber = ulong.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out ulong rightNumber);
        return (leftIsNumber, rightIsNumber) switch
        {
            (true, true) => leftNumber.CompareTo(rightNumber),
            (true, false) => -1,
            (false, true) => 1,
            _ => string.CompareOrdinal(left, right),
        };
    }
}
