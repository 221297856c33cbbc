using System.Diagnostics.CodeAnalysis;

namespace StorageEngines;

/// <summary>A snapshot as a person writes it: <c>VOLUME@NAME</c>. The last <c>@</c> counts, if a snapshot's name follows it.</summary>
/// <param name="Volume">The volume's address.</param>
/// <param name="SnapshotName">The snapshot's name; see <see cref="StorageEngines.SnapshotName"/>.</param>
public sealed record SnapshotAddress(VolumeAddress Volume, string SnapshotName)
{
    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <returns>The address, taken apart.</returns>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    public static SnapshotAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.LastIndexOf('@');
        if (at <= 0)
        {
            throw new FormatException($"'{text}' is not a snapshot's address: write VOLUME@NAME, as in /srv/data@monday.");
        }

        string name = text[(at + 1)..];
        return StorageEngines.SnapshotName.IsValid(name)
            ? new SnapshotAddress(VolumeAddress.Parse(text[..at]), name)
            : throw new FormatException(
                $"'{text}' is not a snapshot's address: '{name}' is no snapshot name (1 to {StorageEngines.SnapshotName.MaxLength} letters, digits, '.', '_', ':' and '-').");
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">The address, taken apart, or null.</param>
    /// <returns>False if it is none.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SnapshotAddress? address)
    {
        try
        {
            address = text is null ? null : Parse(text);
        }
        catch (FormatException)
        {
            address = null;
        }

        return address is not null;
    }

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    /// <returns>The address as text.</returns>
    public override string ToString() => $"{Volume}@{SnapshotName}";
}
