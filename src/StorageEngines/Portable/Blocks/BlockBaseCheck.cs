using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>Decides whether a target is the base of a difference.</summary>
internal static class BlockBaseCheck
{
    /// <summary>Throws unless the target is the base.</summary>
    /// <param name="receipt">What is known of the target.</param>
    /// <param name="fingerprint">What it looks like now.</param>
    /// <param name="header">The difference.</param>
    /// <param name="place">The target, for messages.</param>
    /// <exception cref="BaseMismatchException">It is not, or that is not known.</exception>
    internal static void Require(TargetReceipt? receipt, string fingerprint, RbdDiffHeader header, BytePath place)
    {
        string expected = ByteText.Escape(header.From);
        string? fault =
            header.FromIdentity is not { } from ? "the stream was made by another program, so that its base is only a name"
            : receipt is null ? "nothing is known of this target: it was not restored here"
            : IsCutShort(receipt, header) && ImageFingerprint.IsSameContent(receipt.Fingerprint, fingerprint) ? null
            : receipt.Applying is { } applying ? $"an apply that was to bring it to {applying} was cut short"
            : receipt.Snapshot == header.ToIdentity ? "it holds the difference's target already"
            : receipt.Snapshot != from ? $"it holds {receipt.Snapshot}"
            : receipt.Fingerprint != fingerprint ? "it was changed since it was restored"
            : null;
        if (fault is not null)
        {
            throw new BaseMismatchException(
                expected, receipt?.Snapshot.ToString(),
                $"'{place}' is not known to be the base {expected} of this difference: {fault}. Nothing was written. Restore the base to a new place, or skip the check if you know better.");
        }
    }

    /// <summary>Throws unless the difference is the one whose apply was cut short.</summary>
    /// <exception cref="BaseMismatchException">It is another one.</exception>
    internal static void RequireUnfinished(TargetReceipt? receipt, RbdDiffHeader header, BytePath place)
    {
        if (receipt is null || !IsCutShort(receipt, header))
        {
            throw new BaseMismatchException(
                ByteText.Escape(header.From), receipt?.Snapshot.ToString(),
                $"'{place}' is half-written by an apply that was cut short{(receipt?.Applying is { } to ? $" (to {to})" : "")}, and this stream is not that one. Apply that stream again to finish, or remove the file and restore.");
        }
    }

    /// <summary>
    /// Whether the receipt tells of an apply of this very difference. A file that stands under its own name then was either not begun, or is whole; which of
    /// both does not matter, because a difference can be applied again.
    /// </summary>
    private static bool IsCutShort(TargetReceipt receipt, RbdDiffHeader header)
        => receipt.Applying is { } applying && applying == header.ToIdentity && receipt.Snapshot == header.FromIdentity;
}
