using System.Globalization;

namespace StorageEngines.Hosting;

/// <summary>A version of the engine contract, <c>major.minor</c>.</summary>
internal readonly record struct ContractVersion(int Major, int Minor) : IComparable<ContractVersion>
{
    /// <summary>The contract that this host speaks.</summary>
    public static ContractVersion Host => new(EngineContract.Major, EngineContract.Minor);

    public static bool TryParse(string? text, out ContractVersion version)
    {
        string[] parts = (text ?? "").Split('.');
        version = default;
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor))
        {
            return false;
        }

        version = new ContractVersion(major, minor);
        return true;
    }

    public int CompareTo(ContractVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public override string ToString() => $"{Major}.{Minor}";
}
