//! Numbers as PostgreSQL's jsonb writes them: without an exponent.

use super::unstorable::UnstorableReason;

/// Maximum number of digits once the exponent is written out; an `f64` never needs more.
const MAX_DIGITS: usize = 400;

/// Writes a JSON number without an exponent and without insignificant zeros: jsonb treats 1 and 1.0
/// as equal, but writes them differently.
pub(super) fn write_number(number: &str, out: &mut String) -> Result<(), UnstorableReason> {
    let (negative, unsigned) = number
        .strip_prefix('-')
        .map_or((false, number), |unsigned| (true, unsigned));
    let (mantissa, exponent) = unsigned
        .split_once(['e', 'E'])
        .map_or((unsigned, "0"), |(left, right)| (left, right));
    let (whole, fraction) = mantissa
        .split_once('.')
        .map_or((mantissa, None), |(left, right)| (left, Some(right)));
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = [whole, fraction.unwrap_or("0"), exponent_digits]
        .into_iter()
        .all(is_digits);
    if !is_number || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(UnstorableReason::NotJson);
    }

    if whole == unsigned && whole.len() < 19 {
        out.push_str(if whole == "0" { whole } else { number });
        return Ok(());
    }
    if !number.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(UnstorableReason::Number);
    }

    let digits = format!("{whole}{}", fraction.unwrap_or_default());
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        out.push('0');
        return Ok(());
    }

    let exponent: i64 = exponent.parse().map_err(|_| UnstorableReason::Number)?;
    // The number is `0.digits` times ten to the power of `point`.
    let point = i64::try_from(whole.len())
        .unwrap_or(i64::MAX)
        .saturating_add(exponent);
    let length = usize::try_from(point.unsigned_abs()).unwrap_or(usize::MAX);
    if length.max(digits.len()) > MAX_DIGITS {
        return Err(UnstorableReason::Number);
    }

    if negative {
        out.push('-');
    }
    let (left, right, zeros_before, zeros_after) = if point <= 0 {
        ("", digits, length, 0)
    } else if let Some((left, right)) = digits.split_at_checked(length) {
        (left, right, 0, 0)
    } else {
        (digits, "", 0, length - digits.len())
    };

    let left = left.trim_start_matches('0');
    out.push_str(if left.is_empty() { "0" } else { left });
    out.push_str(&"0".repeat(zeros_after));
    if !right.is_empty() {
        out.push('.');
        out.push_str(&"0".repeat(zeros_before));
        out.push_str(right);
    }
    Ok(())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out() {
        let check = |number: &str, expected: Result<&str, UnstorableReason>| {
            let mut out = String::new();
            assert_eq!(
                write_number(number, &mut out).map(|()| &*out),
                expected,
                "{number}"
            );
        };

        check("0", Ok("0"));
        check("7", Ok("7"));
        check("100", Ok("100"));
        check("1E0", Ok("1"));
        check("-1e0", Ok("-1"));
        check("-0", Ok("0"));
        check("-0.00", Ok("0"));
        check("1.0", Ok("1"));
        check("-1.50", Ok("-1.5"));
        check("10.0", Ok("10"));
        check("0.05", Ok("0.05"));
        check("1e2", Ok("100"));
        check("1.5E+5", Ok("150000"));
        check("1.50e1", Ok("15"));
        check("1.0e-3", Ok("0.001"));
        check("12.5e-4", Ok("0.00125"));
        check("0e10", Ok("0"));
        check("0.0e5", Ok("0"));
        check("0.001e2", Ok("0.1"));
        check("0.001e3", Ok("1"));
        check("0.001e5", Ok("100"));
        check("120e-1", Ok("12"));
        check(
            "123456789012345678901234567890",
            Ok("123456789012345678901234567890"),
        );
        check("1e30", Ok("1000000000000000000000000000000"));

        for number in [
            "1e400",
            "-1e400",
            "1e-5000",
            "1e99999999999999999999",
            &"1".repeat(500),
        ] {
            check(number, Err(UnstorableReason::Number));
        }
        check(
            &format!("0.{}", "1".repeat(500)),
            Err(UnstorableReason::Number),
        );

        for number in [
            "", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "1.2.3", "1e2e3", "--1", "1-1",
        ] {
            check(number, Err(UnstorableReason::NotJson));
        }
    }
}
